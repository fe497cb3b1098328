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

interface RequestLine {
  msg?: string;
  method?: string;
  route?: string;
  status?: number;
  milliseconds?: number;
  /** Absent for a request over the control socket. */
  address?: string;
}

/**
 * A request of the network as one line: method, path of the route, status, time. The path has no query and none of its parameters
 * filled in: either may be personal. Undefined for every other line.
 */
export function requestLine(line: string): string | undefined {
  const { msg, method, route, status, milliseconds, address } = JSON.parse(line) as RequestLine;
  if (msg !== 'request' || address === undefined) return undefined;
  return `${method} ${route === 'unmatched' ? '(no such path)' : route} ${status} ${milliseconds} ms`;
}

/** Whether the line is a warning or an error. */
export const isTrouble = (line: string): boolean =>
  ['warn', 'error'].includes((JSON.parse(line) as LogLine).level ?? '');
