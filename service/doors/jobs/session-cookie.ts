const NAME = 'gatehouse_jobs';

/** Read by no script, sent with nothing that another site begins, and to the board alone. */
export function toCookie(session: string, { seconds, secure }: { seconds: number; secure: boolean }): string {
  return `${NAME}=${session}; Path=/jobs; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

export function fromCookie(header: string | undefined): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.trim().split('=', 2);
    if (name === NAME && value !== undefined && value !== '') return value;
  }
  return undefined;
}
