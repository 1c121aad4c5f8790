const MAX_LENGTH = 200;

/**
 * What Salesmachine says of a refusal, without what it may quote of the data: e-mail addresses, quoted text, numbers.
 * Bodies are `{error}` or `{code, message}` (the vendor's clients); of anything else, only the status is told.
 */
export function toErrorDetail(status: number, body: string): string {
  const message = parseMessage(body)
    // It looks from the beginning of a word only: else an endless word would take endless time.
    .replace(/(?<![^\s@<>"'])[^\s@<>"']+@[^\s@<>"']+/g, '…')
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/\d+/g, '#')
    .slice(0, MAX_LENGTH);
  return message === '' ? `Salesmachine answered ${status}` : `Salesmachine answered ${status}: ${message}`;
}

function parseMessage(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return '';
    const message = 'error' in parsed ? parsed.error : 'message' in parsed ? parsed.message : '';
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}
