export type HttpResponse = { status: number; headers?: Record<string, string>; body: object };

/**
 * The answer to a request that is not taken. Segment shows `message` in its Event Delivery view; its SDK for Python
 * reads `code` and `message`, the one for Ruby `error`.
 *
 * @param message says what to check, and quotes no value
 */
export const toErrorResponse = (status: number, code: string, message: string): HttpResponse => ({
  status,
  body: { message, code, error: message },
});
