/** Where the system does not say, as on Windows. */
const UNKNOWN = 8192;

/** Node's types lack what it has since version 22. */
type Report = NodeJS.ProcessReport & { excludeNetwork?: boolean };

/** Files and connections this process may have open at a time (RLIMIT_NOFILE, which Node raises to the hard limit at its start). */
export function openFileLimit(report: Report = process.report): number {
  const before = report.excludeNetwork ?? false;
  // A report looks up the names of peers; ours looks up nothing.
  report.excludeNetwork = true;
  try {
    const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    const soft = userLimits?.open_files?.soft;
    if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
    return typeof soft === 'number' ? soft : UNKNOWN;
  } finally {
    report.excludeNetwork = before;
  }
}
