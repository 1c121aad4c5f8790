import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { LaunchOptions } from 'playwright-core';
import * as v from 'valibot';

/** Where Chrome is installed by default. */
const INSTALLED: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'],
};

const MISSING =
  'The browser tests need Chrome: install Google Chrome or Chromium, or set CHROME_PATH to where it is.';

/** Containers have no user namespaces, without which Chrome's sandbox does not start. */
const ARGS = process.platform === 'linux' ? ['--no-sandbox', '--font-render-hinting=none'] : [];

/**
 * How to launch a Chromium: the one that is installed, or on a bare Linux the one that `@sparticuz/chromium` brings.
 *
 * @throws an Error that says what to install if there is neither
 */
export async function findChromium(): Promise<LaunchOptions> {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH) return { executablePath: CHROME_PATH, args: ARGS };
  const installed = INSTALLED[process.platform]?.find((path) => existsSync(path));
  if (installed) return { executablePath: installed, args: ARGS };
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(MISSING);
  const directory = await unpackChromium();
  return {
    executablePath: join(directory, 'chromium'),
    args: ARGS,
    env: {
      ...process.env,
      // A bare Linux has neither NSS nor fonts: the package brings both.
      LD_LIBRARY_PATH: join(directory, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(directory, 'fonts.conf'),
    },
  };
}

const MANIFEST = 'node_modules/@sparticuz/chromium/package.json';
const versionSchema = v.object({ version: v.string() });

/** Unpacks the package once; the libraries only come out where it believes itself on Amazon Linux 2023. */
async function unpackChromium(): Promise<string> {
  const { version } = v.parse(versionSchema, JSON.parse(readFileSync(MANIFEST, 'utf8')));
  const cache = resolve('node_modules/.cache');
  const directory = join(cache, `chromium-${version}`);
  if (existsSync(directory)) return directory;
  mkdirSync(cache, { recursive: true });
  // Test files run side by side: the first one that is ready puts its directory in place.
  const unpacked = mkdtempSync(join(cache, 'unpacking-'));
  await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', "await (await import('@sparticuz/chromium')).default.executablePath()"],
    { env: { ...process.env, TMPDIR: unpacked, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' } },
  );
  writeFileSync(join(unpacked, 'fonts.conf'), toFontConfig(directory));
  try {
    renameSync(unpacked, directory);
  } catch (error) {
    rmSync(unpacked, { recursive: true });
    if (!existsSync(directory)) throw error;
  }
  return directory;
}

const toFontConfig = (directory: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(directory, 'fonts', 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(directory, 'fonts-cache')}</cachedir>
</fontconfig>
`;
