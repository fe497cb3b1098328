export interface ConnectionLimits {
  /** Connections open at a time. */
  total: number;
  /** The same of one source address (an IPv4 address, or an IPv6 /64). */
  perAddress: number;
}

/** Descriptors reserved for databases, the control socket, webhooks and files: half of all, within these bounds. */
const RESERVED = { least: 128, most: 1024 };
/** Upper bound for any number of descriptors: each connection also takes memory. */
const MOST = 10_000;
const PER_ADDRESS = 256;

/**
 * How many connections from the network a process takes that may hold `openFiles` descriptors (RLIMIT_NOFILE). Throws RangeError
 * where there would be fewer than 64.
 */
export function connectionLimitsFor(openFiles: number): ConnectionLimits {
  const reserved = Math.min(RESERVED.most, Math.max(RESERVED.least, Math.ceil(openFiles / 2)));
  const total = Math.min(MOST, openFiles - reserved);
  if (total < 64) {
    throw new RangeError(
      `This process may open only ${openFiles} files and connections; at least ${RESERVED.least + 64} are needed, 4096 are ` +
        'advisable. Raise the limit: "ulimit -n 4096" in a shell, LimitNOFILE=4096 in a systemd unit.',
    );
  }
  return { total, perAddress: Math.min(PER_ADDRESS, Math.max(16, Math.floor(total / 4))) };
}
