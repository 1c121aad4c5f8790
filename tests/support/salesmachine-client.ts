import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach } from '@jest/globals';
import { createSalesmachine, type SalesmachineSettings } from '../../lib/salesmachine/client.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Listens on any free port until the test is over, and returns the port. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A client of `http://127.0.0.1:port`. */
export const createClient = (port: number, settings: Partial<SalesmachineSettings> = {}) =>
  createSalesmachine({
    url: `http://127.0.0.1:${port}`,
    token: 'the-token',
    secret: 'the-secret',
    ...settings,
  });

/** A client of an HTTP server that answers as it is told. */
export const createHttpClient = async (
  answer: RequestListener,
  settings: Partial<SalesmachineSettings> = {},
) => createClient(await listen(createServer(answer)), settings);

/** A client of a TCP server that does with a connection what it is told. */
export const createTcpClient = async (
  handle: (socket: Socket) => void,
  settings: Partial<SalesmachineSettings> = {},
) => createClient(await listen(createTcpServer(handle)), settings);

export const succeed = (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(201, { 'content-type': 'application/json' }).end('{"status":"success"}');
