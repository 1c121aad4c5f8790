import { resolve } from 'node:path';

/**
 * For the environment of the processes that tests start: Node keeps there what it has compiled, and the next process
 * starts in half the time.
 */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/node-compile') };
