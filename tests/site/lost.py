"""What a page loses on a screen: width, words, controls."""

from playwright.sync_api import Page

# Words that are cut off by their box, and controls that lie upon one another.
LOST = """() => {
  const faults = [];
  const said = e => `${e.tagName.toLowerCase()}.${e.className}: ${e.textContent.trim().slice(0, 50)}`;
  const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const known = new Map();
  const clipped = e => {
    if (!e) return false;
    if (!known.has(e)) known.set(e, getComputedStyle(e).clipPath !== 'none' || clipped(e.parentElement));
    return known.get(e);
  };
  const hidden = e => e.closest('.reread-hidden, legend, [aria-hidden="true"], svg, math, dialog:not([open])') || clipped(e);
  for (const e of document.querySelectorAll('body *')) {
    if (hidden(e) || !seen(e)) continue;
    const style = getComputedStyle(e);
    const cuts = axis => ['hidden', 'clip'].includes(axis);
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (cuts(style.overflowY) && e.scrollHeight > e.clientHeight + 2) faults.push(`cut below: ${said(e)}`);
    if (cuts(style.overflowX) && e.scrollWidth > e.clientWidth + 2) faults.push(`cut aside: ${said(e)}`);
  }
  // words that leave the page at its side, where nothing scrolls
  const room = document.documentElement.clientWidth;
  for (const e of document.querySelectorAll('main a, main button, main p, main h1, main h2, main h3, main summary, main label')) {
    if (hidden(e) || !seen(e) || e.closest('.reread-scroll, .pst-scrollable-table-container, pre, div.math')) continue;
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > room + 1 || box.left < -1)) faults.push(`beyond the edge: ${said(e)}`);
  }
  const layer = e => { for (let n = e; n; n = n.parentElement)
    if (['sticky', 'fixed'].includes(getComputedStyle(n).position)) return n; };
  const controls = [...document.querySelectorAll('main button, main summary, main select, main input:not([type=radio], [type=checkbox]), main .reread-lane label, .prev-next-area a, #pst-primary-sidebar a')]
    .filter(e => !hidden(e) && seen(e))
    .map(e => ({ e, box: e.getBoundingClientRect(), layer: layer(e) }))
    .filter(({ box }) => box.width).sort((a, b) => a.box.top - b.box.top);
  controls.forEach((a, i) => {
    for (const b of controls.slice(i + 1)) {
      if (b.box.top >= a.box.bottom - 2) break;
      if (a.e.contains(b.e) || b.e.contains(a.e) || a.layer !== b.layer) continue;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - b.box.top;
      if (across > 2 && down > 2) faults.push(`upon one another: ${said(a.e)} | ${said(b.e)}`);
    }
  });
  return faults.slice(0, 8);
}"""
# The bar above the page holds its own controls.
BAR = """() => {
  const bar = document.querySelector('.bd-header-article').getBoundingClientRect();
  return [...document.querySelectorAll('.bd-header-article :is(button, label)')]
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.dropdown-menu'))
    .filter(e => { const r = e.getBoundingClientRect();
      return r.top < bar.top - 1 || r.bottom > bar.bottom + 1 || r.left < bar.left - 1 || r.right > bar.right + 1; })
    .map(e => `outside the bar: ${e.outerHTML.slice(0, 100)}`);
}"""


def too_wide(page: Page) -> list[str]:
    """The page's own width and the elements that stretch it, if it scrolls sideways."""
    return page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= room) return [];
          return [`${document.documentElement.scrollWidth} > ${room}`].concat(
            [...document.querySelectorAll('main *')]
              .filter(e => e.getBoundingClientRect().right > room + 1)
              .slice(0, 5).map(e => e.outerHTML.slice(0, 120)));
        }"""
    )


def faults_of(page: Page) -> list[str]:
    return too_wide(page) + page.evaluate(LOST) + page.evaluate(BAR)
