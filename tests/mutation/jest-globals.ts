import { ModuleMocker } from 'jest-mock';

/** What test files import from `@jest/globals`, outside of Jest. */
export { jestExpect as expect } from '@jest/expect';
export { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'jest-circus';
export const jest = new ModuleMocker(globalThis);
