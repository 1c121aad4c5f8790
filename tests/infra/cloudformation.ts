import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const escapeXml = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const answer = (action: string, result: string) =>
  `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;

type DeployedStack = {
  template: object;
  status?: string;
  terminationProtection?: boolean;
  outputs?: Record<string, string>;
};

const describeStack = ({ status, terminationProtection, outputs }: DeployedStack) =>
  `<Stacks><member>
    <StackName>segment-salesmachine-relay-prod</StackName>
    <StackStatus>${status ?? 'UPDATE_COMPLETE'}</StackStatus>
    <EnableTerminationProtection>${terminationProtection === true}</EnableTerminationProtection>
    <Outputs>${Object.entries(outputs ?? {})
      .map(
        ([name, value]) =>
          `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
      )
      .join('')}</Outputs>
  </member></Stacks>`;

/** A call of AWS's API: its name, and what decides of its parameters. */
export type AwsCall = { name: string; parameters: URLSearchParams; credential: string };

/**
 * CloudFormation with one stack, and SSM with every secret, as far as a deployment speaks to them.
 *
 * @param onCall sees each call before it is answered
 */
export async function startCloudFormation(stack: DeployedStack, onCall: (call: AwsCall) => void) {
  const answers: Record<string, string> = {
    DescribeStacks: describeStack(stack),
    GetTemplate: `<TemplateBody>${escapeXml(JSON.stringify(stack.template))}</TemplateBody>`,
    UpdateTerminationProtection: '',
  };
  const server = createServer(async (request, response) => {
    const parameters = new URLSearchParams(await text(request));
    const name = String(request.headers['x-amz-target'] ?? parameters.get('Action'));
    const [, credential = ''] = /Credential=([^,]+)/.exec(request.headers.authorization ?? '') ?? [];
    onCall({ name, parameters, credential });
    const result = answers[name];
    response.end(
      result === undefined ? JSON.stringify({ Parameters: [], InvalidParameters: [] }) : answer(name, result),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
