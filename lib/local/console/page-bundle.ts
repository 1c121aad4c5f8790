import { fileURLToPath } from 'node:url';
import { memoizeAsync } from '../../runtime/lazy.ts';
import type { Reply, Route } from '../http-server.ts';

/** Nothing but this server's own script and style, and nothing of another host. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Segment → Salesmachine: the relay on this machine</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 26 26'%3E%3Crect width='26' height='26' rx='7' fill='%234f46e5'/%3E%3Cpath d='M6 9h8m-8 4h11m-11 4h8' stroke='%23fff' stroke-width='2' stroke-linecap='round'/%3E%3C/svg%3E">
<link rel="stylesheet" href="/local/console/app.css">
<script type="module" src="/local/console/app.js"></script>
</head>
<body><div id="app"></div></body>
</html>
`;

/** The page's script and style, bundled when they are first wanted: a fraction of a second. */
const bundlePage = memoizeAsync(async (): Promise<{ js: string; css: string }> => {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: ['app.tsx', 'app.css'].map((file) =>
      fileURLToPath(new URL(`./page/${file}`, import.meta.url)),
    ),
    bundle: true,
    minify: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'silent',
  });
  const read = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? '';
  return { js: read('.js'), css: read('.css') };
});

/** Bundles ahead of the first request; whether that works out, the request will tell. */
export const prepareConsolePage = (): void => void bundlePage().catch(() => undefined);

/** The console's page. */
export const pageRoutes: Record<string, Route> = {
  'GET /': async () => reply('text/html; charset=utf-8', HTML),
  'GET /local/console/app.js': async () => reply('text/javascript; charset=utf-8', (await bundlePage()).js),
  'GET /local/console/app.css': async () => reply('text/css; charset=utf-8', (await bundlePage()).css),
};

const reply = (contentType: string, body: string): Reply => ({
  status: 200,
  headers: { ...headers, 'content-type': contentType },
  body,
});
