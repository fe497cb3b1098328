import { createMail } from './mail.ts';
import type { Outgoing } from './outgoing.ts';
import { type After, createPost } from './post.ts';
import { createResolve, type Lookup, systemLookup } from './resolve.ts';
import { createServers } from './servers.ts';
import { createSystemTrust } from './trust.ts';

export interface OutgoingDeps {
  lookup?: Lookup;
  after?: After;
  elapsed?: () => number;
}

/** The real one. Nothing is open until something is sent. */
export function createOutgoing({
  lookup = systemLookup,
  after = afterTime,
  elapsed = () => performance.now(),
}: OutgoingDeps = {}): Outgoing {
  const systemTrust = createSystemTrust();
  const servers = createServers({ systemTrust });
  return {
    resolve: createResolve({ lookup, after, elapsed }),
    post: createPost({ servers, after }),
    mail: createMail({ systemTrust, after }),
    close: () => servers.close(),
  };
}

const afterTime: After = (milliseconds, call) => {
  const timer = setTimeout(call, milliseconds);
  return () => clearTimeout(timer);
};
