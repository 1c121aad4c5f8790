import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import * as v from 'valibot';

const requestSchema = v.object({
  Names: v.optional(v.array(v.string()), []),
  Name: v.optional(v.string()),
  Value: v.optional(v.string(), ''),
});

/** A fake SSM that knows `GetParameters` and `PutParameter`, over its real protocol. */
export async function startParameterStore(values: Record<string, string>) {
  let isDown = false;
  let calls = 0;
  const server = createServer(async (request, response) => {
    calls += 1;
    if (isDown) {
      request.socket.destroy();
      return;
    }
    const { Names, Name, Value } = v.parse(requestSchema, await json(request));
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (Name !== undefined) {
      values[Name] = Value;
      response.end(JSON.stringify({ Version: 1 }));
      return;
    }
    const known = Names.filter((name) => name in values);
    response.end(
      JSON.stringify({
        Parameters: known.map((name) => ({ Name: name, Value: values[name] })),
        InvalidParameters: Names.filter((name) => !known.includes(name)),
      }),
    );
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
