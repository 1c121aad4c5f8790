/** The error's class, or SQS's code for it: the one thing about an error that quotes nothing. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');
