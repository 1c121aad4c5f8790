import { parentPort } from 'node:worker_threads';
import { type Job, runJob } from './job.ts';

// The entry point of a thread: runs what it is sent, one after the other.
parentPort?.on('message', async (job: Job) => parentPort?.postMessage(await runJob(job)));
