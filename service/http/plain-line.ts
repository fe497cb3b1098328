interface LogLine {
  level?: string;
  msg?: string;
  requestId?: string;
  err?: { message?: string };
}

const words: Record<string, string> = { debug: 'Detail', info: 'Note', warn: 'Warning', error: 'Error' };

/** A line of the structured log for a person at a terminal: what happened, why, and under which id the log has more. */
export function plainLine(line: string): string {
  const { level = 'info', msg = '', requestId, err } = JSON.parse(line) as LogLine;
  const sentence = `${msg.charAt(0).toUpperCase()}${msg.slice(1)}`;
  const why = err?.message === undefined ? '' : `${sentence.endsWith('.') ? '' : ':'} ${err.message}`;
  const where = requestId === undefined ? '' : ` (${requestId})`;
  return `${words[level] ?? level}: ${sentence}${why}${where}`.replace(/\s*\n\s*/g, ' ');
}
