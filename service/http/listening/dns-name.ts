const NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** In lower case and without a final dot. What ends in a number would be read as an address. */
export const isDnsName = (text: string): boolean =>
  NAME.test(text) && !/^(\d+|0x[0-9a-f]*)$/.test(text.slice(text.lastIndexOf('.') + 1));
