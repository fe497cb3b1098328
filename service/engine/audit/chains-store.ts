import { sql } from 'kysely';
import type { Db } from '../../storage/transaction.ts';
import { readHead } from './audit-store.ts';
import type { Head } from './chain.ts';

/**
 * Where each chain ends, all at one moment: none names a line of another that is not among these. In the order of names, and at least
 * one: a log without a line is the chain of a service that shares its database with none.
 */
export async function readHeads(db: Db): Promise<[Head, ...Head[]]> {
  // From one name to the next in the index: there are few chains, of many lines.
  const { rows } = await sql<{ chain: string; seq: number | null; hash: string | null }>`
    with recursive lined (chain) as (
      select min(chain) from audit where chain >= ''
      union all
      select (select min(more.chain) from audit more where more.chain > lined.chain) from lined where lined.chain is not null
    ), signed (chain) as (
      select min(chain) from audit_checkpoint where chain >= ''
      union all
      select (select min(more.chain) from audit_checkpoint more where more.chain > signed.chain)
      from signed where signed.chain is not null
    ), named (chain) as (
      select chain from lined where chain is not null union select chain from signed where chain is not null
    )
    select named.chain,
      (select max(own.seq) from audit own where own.chain = named.chain) as seq,
      (select own.hash from audit own where own.chain = named.chain and own.seq > 0 order by own.seq desc limit 1) as hash
    from named order by named.chain`.execute(db);
  const heads: Head[] = [];
  for (const { chain, seq, hash } of rows)
    heads.push({
      chain,
      ...(seq === null ? await readHead(db, chain) : { seq: Number(seq), hash: hash ?? '' }),
    });
  const [first = { chain: '', ...(await readHead(db, '')) }, ...more] = heads;
  return [first, ...more];
}
