import type { Page } from 'playwright';

/**
 * Every line of visible text against the boxes around it: it may leave none that draws an edge (card, cell, button, badge, dialog), may be
 * clipped only with an ellipsis whose whole text is on hover, and may not lie on another text.
 */
const script = `(() => {
  const SLACK = 1.5;
  const faults = [];
  const styles = new Map();
  const styleOf = (one) => styles.get(one) ?? styles.set(one, getComputedStyle(one)).get(one);
  const scrolls = (value) => value === 'auto' || value === 'scroll';
  const clips = (value) => value === 'hidden' || value === 'clip';
  const isDrawn = (one) => {
    const { backgroundColor, borderTopStyle, borderLeftStyle } = styleOf(one);
    return one.matches('td, th, button, [role=dialog]') || borderTopStyle !== 'none' || borderLeftStyle !== 'none' || !/, 0\\)$|^transparent$/.test(backgroundColor);
  };
  const name = (one) => '<' + one.tagName.toLowerCase() + ' class="' + (one.getAttribute('class') ?? '') + '">';
  const shown = (text) => '"' + text.trim().replace(/\\s+/g, ' ').slice(0, 60) + '"';
  const lines = [];

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (node.data.trim() === '' || holder.closest('script, style, option, textarea, [hidden]')) continue;
    if (!holder.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1);
    if (boxes.length === 0) continue;
    const left = Math.min(...boxes.map((box) => box.left));
    const right = Math.max(...boxes.map((box) => box.right));
    // Of a line only its middle counts: letters are lower than the box that the font claims for them.
    const top = Math.min(...boxes.map((box) => box.top + box.height * 0.25));
    const bottom = Math.max(...boxes.map((box) => box.bottom - box.height * 0.25));
    let layer = document.body;
    let seen = true;
    const free = { x: false, y: false };
    for (let one = holder; one && one !== document.documentElement; one = one.parentElement) {
      const style = styleOf(one);
      const edge = one.getBoundingClientRect();
      // For screen readers alone.
      if (style.clipPath !== 'none' || (edge.width <= 1 && clips(style.overflowX))) { seen = false; break; }
      const inline = style.display === 'inline' || style.display === 'contents' || one instanceof SVGElement && one.tagName !== 'svg';
      if (!inline) {
        if (scrolls(style.overflowX)) free.x = true;
        if (scrolls(style.overflowY)) free.y = true;
        if (free.x && free.y) {
          if (layer === document.body) layer = one;
          break;
        }
        const beyond = {
          x: !free.x && (left < edge.left - SLACK || right > edge.right + SLACK),
          y: !free.y && (top < edge.top - SLACK || bottom > edge.bottom + SLACK),
        };
        const whole = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
        if (beyond.x && clips(style.overflowX) || beyond.y && clips(style.overflowY)) {
          if (!whole || !(one.title || one.closest('[title]') || one.querySelector('[title]'))) faults.push('is clipped: ' + shown(node.data) + ' by ' + name(one));
          seen = false;
          break;
        }
        if ((beyond.x || beyond.y) && isDrawn(one)) {
          faults.push('runs out of its box: ' + shown(node.data) + ' of ' + name(one) + ' by ' +
            Math.round(Math.max(beyond.x ? Math.max(edge.left - left, right - edge.right) : 0, beyond.y ? Math.max(edge.top - top, bottom - edge.bottom) : 0)) + ' px');
          break;
        }
      }
      if (layer === document.body && ['fixed', 'sticky', 'absolute'].includes(style.position)) layer = one;
      // It has a place of its own, whatever is around it.
      if (['fixed', 'absolute'].includes(style.position)) break;
    }
    if (seen) for (const box of boxes) lines.push({ node, box, layer });
  }

  lines.sort((a, b) => a.box.top - b.box.top);
  const covered = new Set();
  lines.forEach(({ node, box, layer }, index) => {
    for (let next = index + 1; next < lines.length && lines[next].box.top < box.bottom; next++) {
      const other = lines[next];
      if (other.node === node || other.layer !== layer) continue;
      const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
      const high = Math.min(box.bottom, other.box.bottom) - other.box.top;
      if (wide > 3 && high > 0.5 * Math.min(box.height, other.box.height)) covered.add('lies on another text: ' + shown(node.data) + ' and ' + shown(other.node.data));
    }
  });
  return [...faults, ...covered].slice(0, 12);
})()`;

export async function textOutsideItsBox(page: Page): Promise<string[]> {
  return (await page.evaluate(script)) as string[];
}
