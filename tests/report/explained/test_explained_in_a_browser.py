"""The pages for readers without statistics in a real browser."""

import pytest

from modelcheck.report import render_decision, render_explained

LOOKS = {"light": ("light", 1200), "dark": ("dark", 1200), "phone": ("light", 390)}


@pytest.fixture(scope="module")
def files(visits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explained")
    made = {"page": render_explained(visits), "decision": render_decision(visits)}
    for name, html in made.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["page", "decision"])
@pytest.mark.parametrize("look", LOOKS)
def test_nothing_is_fetched_nothing_complains_and_axe_finds_nothing(browser, axe, files, name, look):
    scheme, width = LOOKS[look]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True, offline=True
    )
    page, seen = context.new_page(), []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.goto(files[name].as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    assert seen == [files[name].as_uri()]
    context.close()
