/** The processor time of this process, in milliseconds, that one of so many runs takes on average. */
export async function measureCpuMs(runs: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / runs;
}
