import type { TestPostgres } from '../support/postgres.ts';

/** Databases of a server as a standby has them that lags, and takes over. */
export function standbyOf(server: TestPostgres) {
  /** `work` on the databases while nothing is connected to them. */
  async function apart(urls: readonly string[], work: (database: string) => string[]): Promise<void> {
    const databases = urls.map((url) => new URL(url).pathname.slice(1));
    await server.administer(async (client) => {
      for (const one of databases) {
        await client.query(`alter database "${one}" with allow_connections false`);
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
          one,
        ]);
        for (const statement of work(one)) await client.query(statement);
        await client.query(`alter database "${one}" with allow_connections true`);
      }
    });
  }
  return {
    /** From here on it gets nothing more. */
    stops: (urls: readonly string[]) =>
      apart(urls, (one) => [`create database "${one}_standby" template "${one}"`]),
    takesOver: (urls: readonly string[]) =>
      apart(urls, (one) => [
        `alter database "${one}" rename to "${one}_lost"`,
        `alter database "${one}_standby" rename to "${one}"`,
      ]),
  };
}
