import { isCheckout } from '../lib/installation.ts';

/** The way to write a command here, for texts that are pasted. */
export const invocation = isCheckout ? 'npx gatehouse' : 'gatehouse';

/** Sentences of the engine name commands as “gatehouse …”; here they can be pasted. */
export function asTyped(sentence: string): string {
  return sentence.replace(/([“"`]|: )gatehouse (?=[a-z])/g, `$1${invocation} `);
}
