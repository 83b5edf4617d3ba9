"""Programs that measure. A regular package, since a peer of the proving ground installs one of the same name."""
