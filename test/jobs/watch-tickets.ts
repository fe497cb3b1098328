import type { JobDriver, JobTicket } from '../../service/engine/jobs/index.ts';

export interface TicketWatch {
  /** As the driver's own, and seen. */
  driver: JobDriver;
  /** A ticket is on its way to a handler that has room for it. */
  underWay(): boolean;
}

type Name = `${string}/${number}`;
const nameOf = ({ id, fence }: Pick<JobTicket, 'id' | 'fence'>): Name => `${id}/${fence}`;

/** Sees what is carried and what has begun: another process that carries it takes as long as it takes. */
export function watchTickets(driver: JobDriver): TicketWatch {
  const carried = new Map<Name, string>();
  const running = new Map<string, number>();
  const room = new Map<string, number>();
  const count = (kind: string, more: number) => running.set(kind, (running.get(kind) ?? 0) + more);

  return {
    driver: {
      holds: driver.holds,
      ahead: driver.ahead,
      start({ kinds, run }) {
        for (const { kind, concurrency } of kinds) room.set(kind, concurrency);
        return driver.start({
          kinds,
          async run(ticket) {
            const kind = carried.get(nameOf(ticket));
            if (kind === undefined) return run(ticket);
            carried.delete(nameOf(ticket));
            count(kind, 1);
            try {
              return await run(ticket);
            } finally {
              count(kind, -1);
            }
          },
        });
      },
      carry(tickets) {
        for (const ticket of tickets) carried.set(nameOf(ticket), ticket.kind);
        return driver.carry(tickets);
      },
      drop(tickets) {
        for (const ticket of tickets) carried.delete(nameOf(ticket));
        return driver.drop(tickets);
      },
      stop() {
        carried.clear();
        return driver.stop();
      },
    },
    underWay: () => [...carried.values()].some((kind) => (running.get(kind) ?? 0) < (room.get(kind) ?? 0)),
  };
}
