import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A stand-in for SSM that knows `GetParameters`, over its real protocol. */
export async function startParameterStore(values: Record<string, string>) {
  let isDown = false;
  let calls = 0;
  const server = createServer(async (request, response) => {
    calls += 1;
    if (isDown) {
      request.socket.destroy();
      return;
    }
    const asked = await json(request);
    const names = typeof asked === 'object' && asked !== null && 'Names' in asked ? asked.Names : [];
    const known = (Array.isArray(names) ? names : []).map(String).filter((name) => name in values);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ Parameters: known.map((Name) => ({ Name, Value: values[Name] })) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    set: (name: string, value: string) => {
      values[name] = value;
    },
    goDown: () => {
      isDown = true;
    },
    comeBack: () => {
      isDown = false;
    },
    calls: () => calls,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
