/**
 * The last filter of the log: e-mail addresses, API keys, bearer tokens and long base64 (pictures, templates) are taken out
 * of a finished line. Code does not log such things; this catches the error message that quotes its input. Each pattern
 * begins where a run of its characters begins, so that a hostile line costs no more than a long one.
 */
export function scrub(line: string): string {
  return line
    .replace(/\b(?:gh|prf|huma|hp|sk)_(?:live|test)_[A-Za-z0-9_-]+/g, '[key]')
    .replace(/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[token]')
    .replace(/(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{200,}={0,2}/g, '[data]')
    .replace(/(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}][\p{L}\p{N}.-]*/gu, '[e-mail]');
}
