import { errorCodes } from '../doors/meta/error-codes.ts';
import { errorRemedies } from '../doors/meta/error-remedies.ts';
import { defaultErrors } from '../http/default-errors.ts';
import { problemCodes } from '../lib/problem.ts';

const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** `docs/ERRORS.md`, from the closed list of codes. */
export function errorsPage(): string {
  const rows = problemCodes.map((code) => [
    `\`${code}\``,
    String(defaultErrors[code].status),
    errorCodes[code].means,
    errorRemedies[code],
  ]);
  return `<!-- Generated from service/doors/meta/error-codes.ts and error-remedies.ts by "npm run generate". -->

# Errors

For developers: every error code, its cause, and what to do.

Every error of every API is \`{ error, code, requestId, doc_url, details? }\`: a sentence with the problem and its remedy, a code of this list, the id under which the log of the box has the
request, and the page of the code on the box (\`https://box/docs/errors/CODE\`; JSON for a program). \`details\` names each wrong field, with the rule that it breaks where one of all fields is. Some APIs add fields, and answer a few codes with another status: the
OpenAPI document has both. Program by \`code\`; sentences may change ([COMPATIBILITY.md](COMPATIBILITY.md)).

${[['code', 'status', 'cause', 'what to do'], ['---', '---', '---', '---'], ...rows].map(row).join('\n')}
`;
}

/** Cause and remedy of each code: the console has them in the other languages too. */
export const errorSentences = (): Record<string, string> =>
  Object.fromEntries(problemCodes.map((code) => [code, `${errorCodes[code].means} ${errorRemedies[code]}`]));
