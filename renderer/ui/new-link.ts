/** A link that differs from this address only behind its # loads nothing by itself: pasted into this tab, it begins anew. */
export function openNewLinks(isLink: () => boolean): void {
  addEventListener('hashchange', () => {
    if (isLink()) location.reload();
  });
}
