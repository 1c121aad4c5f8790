/** Reasons that hold for several survivors. */
export const FASTER = 'only saves work: the result is the same without it';
export const MEMORY = 'only bounds the memory that is taken';
export const BOUNDARY = 'a limit at which either is right, or that nothing meets exactly';
export const NO_BYTE = 'beyond its ends a text has nothing';
export const NO_PAUSE = 'a pause of 0 ms is none';
export const TEXT = 'words for people, which no test repeats';
export const ELSEWHERE = 'tests of another room notice it';
