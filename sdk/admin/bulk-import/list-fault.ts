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
    /** Inside a field, or text follows where it is closed. */
    | { is: 'stray-quote'; line: number }
    | { is: 'too-many-fields'; line: number }
    | { is: 'no-columns'; found: string }
    | { is: 'same-columns'; found: string }
    | { is: 'no-person'; line: number }
    | { is: 'no-file'; line: number };
  /** This one, and those of other lines that were found with it. */
  readonly all: readonly ListFault['fault'][];
  constructor(fault: ListFault['fault'], message: string, others: readonly ListFault[] = []) {
    super(message);
    this.fault = fault;
    this.all = [fault, ...others.map((other) => other.fault)];
  }
}

/** Lines that a message names one by one. */
const NAMED = 20;

/** Throws one fault for all that were found, so that a file is corrected at once. Nothing where none was. */
export function throwFaults(found: readonly ListFault[]): void {
  const [first, ...others] = found.toSorted((a, b) => lineOf(a) - lineOf(b));
  if (first === undefined) return;
  const named = [first, ...others].slice(0, NAMED).map(({ message }) => message);
  const more = found.length - named.length;
  throw new ListFault(first.fault, [...named, ...(more > 0 ? [`And ${more} more.`] : [])].join(' '), others);
}

const lineOf = ({ fault }: ListFault): number => ('line' in fault ? fault.line : 0);
