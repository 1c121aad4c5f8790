/**
 * The least processor time of this process, in milliseconds, that one of so many runs takes: what else the process
 * does meanwhile (garbage collection, compiling) is not the run's, and a busy machine makes it cost more.
 */
export async function measureCpuMs(runs: number, work: () => unknown): Promise<number> {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    leastMs = Math.min(leastMs, (user + system) / 1_000);
  }
  return leastMs;
}
