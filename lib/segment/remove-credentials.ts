/** As an SDK writes it, whole or cut off. */
const WRITE_KEY_VALUE = /("writeKey"\s*:\s*")(?:[^"\\]|\\.)*/g;

const REMOVED = '[removed]';

/**
 * What came, without the credentials that it may hold: the value of a `writeKey`, and each of the tokens that its
 * request presents. It need be no JSON, and bytes need be no text.
 */
export function removeCredentials(content: string | Buffer, tokens: readonly string[]): string | Buffer {
  if (typeof content === 'string') return removeFromText(content, tokens);
  return Buffer.from(removeFromText(content.toString('latin1'), tokens.map(toLatin1)), 'latin1');
}

/** The bytes of a token, one character each. */
const toLatin1 = (token: string): string => Buffer.from(token).toString('latin1');

function removeFromText(text: string, tokens: readonly string[]): string {
  const withoutTokens = tokens.reduce((rest, token) => rest.replaceAll(token, REMOVED), text);
  return withoutTokens.replace(WRITE_KEY_VALUE, `$1${REMOVED}`);
}
