// Without `URL`: that of React Native before 0.80 throws at `protocol`, and `URL.parse` and `URL.canParse` are missing in others.
const ADDRESS = /^https?:\/\/(?:\[[\da-f:.]+\]|[^\s/?#@:\\[\]]+)(?::\d{1,5})?(?:\/[^\s?#\\]*)?$/i;

/** The address of an appliance, without a slash at its end; undefined where it is none, or carries a user, a query or a fragment. */
export function readAddress(given: unknown): string | undefined {
  const address = typeof given === 'string' ? given.trim() : '';
  return ADDRESS.test(address) ? address.replace(/\/+$/, '') : undefined;
}
