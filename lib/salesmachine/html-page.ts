/** Whether a page came instead of the API's JSON: from a firewall, a proxy, or an address that is not the API's. */
export const isHtmlPage = (contentType: string | undefined, body: string): boolean =>
  contentType?.toLowerCase().includes('text/html') === true || body.trimStart().startsWith('<');
