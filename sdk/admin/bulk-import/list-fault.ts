/** What is wrong with a CSV file; `is` for programs, the message for people. Lines count from 1. */
export class ListFault extends Error {
  override name = 'ListFault';
  readonly fault: /** Not UTF-8, and nothing says what it is. */
    | { is: 'no-encoding' }
    /** Its bytes are not of this encoding. */
    | { is: 'wrong-encoding'; encoding: string }
    /** U+FFFD, which a program wrote in place of letters. */
    | { is: 'lost-letters'; line: number }
    | { is: 'control-character'; line: number }
    | { is: 'workbook' }
    | { is: 'open-quote'; line: number }
    | { is: 'no-columns'; found: string }
    | { is: 'same-columns'; found: string }
    | { is: 'no-person'; line: number }
    | { is: 'no-file'; line: number };
  constructor(fault: ListFault['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}
