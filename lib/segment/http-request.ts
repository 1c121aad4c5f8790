/** Names are in lower case; a header that came twice is one, joined by a comma. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** What came over HTTP: the path without its query, the body without API Gateway's base64. */
export type HttpRequest = { method: string; path: string; headers: Headers; body: Buffer };
