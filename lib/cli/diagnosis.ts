import { HTML_PAGE } from '../salesmachine/error-detail.ts';

/** How Salesmachine answered, or why it did not; null is what is not known. */
export type Answer = {
  status: number | null;
  /** Why there was no answer. */
  failure: string | null;
  /** Salesmachine's words, scrubbed: `Salesmachine answered 401`, or with `: words`. */
  text: string | null;
};

/** What is wrong, and what the operator does about it. */
export type Diagnosis = {
  problem: string;
  advice: string;
  /** Where a ping passes all the same. */
  adviceIfPingPasses?: string | undefined;
  /** Salesmachine, or what stands before it, may have refused only this event. */
  mayBeOneEvent?: boolean | undefined;
};

type Rule = {
  applies: (answer: Answer) => boolean;
  problem: (answer: Answer) => string;
  advice: string;
  adviceIfPingPasses?: string;
  mayBeOneEvent?: true;
};

const hasStatus = (...statuses: number[]) => {
  const known = new Set<number | null>(statuses);
  return ({ status }: Answer) => known.has(status);
};
const hasStatusFrom =
  (first: number) =>
  ({ status }: Answer) =>
    status !== null && status >= first && status < first + 100;

const CHECK_URL = 'check SALESMACHINE_URL';
const ASK_FOR_BATCH = 'the address is right: ask Salesmachine whether /v1/batch has changed';
export const CHECK_CREDENTIAL =
  'check SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET; store both again with relay secrets put --stage STAGE, or restart the local relay with the right ones';
const WAIT = 'Salesmachine has a problem: no event is lost, and delivery resumes by itself';

const failedRequest = ({ failure }: Answer) => `a request to Salesmachine fails: ${failure}`;

/** The first rule that applies names the cause. */
const rules: readonly Rule[] = [
  {
    applies: ({ failure }) => /credential/i.test(failure ?? ''),
    problem: () => 'the credential of Salesmachine cannot be read from SSM',
    advice:
      "check the parameters SALESMACHINE_API_TOKEN and SALESMACHINE_API_SECRET, and the worker's right to read them",
  },
  {
    applies: ({ failure }) => /host name|ENOTFOUND|EAI_AGAIN/.test(failure ?? ''),
    problem: failedRequest,
    advice: CHECK_URL,
  },
  {
    applies: ({ failure }) => failure !== null,
    problem: failedRequest,
    advice: `${WAIT}; if it lasts, ${CHECK_URL}`,
  },
  {
    // A server in trouble often answers with a page, too.
    applies: ({ text, status }) => text?.endsWith(`: ${HTML_PAGE}`) === true && (status ?? 0) < 500,
    problem: ({ status }) => `an HTML page answers (${status}) instead of the API`,
    advice: `a firewall or proxy stands in between, or the address is wrong: ${CHECK_URL}`,
    mayBeOneEvent: true,
  },
  {
    applies: hasStatus(401, 403, 407),
    problem: ({ status }) => `Salesmachine rejects the credential (${status})`,
    advice: CHECK_CREDENTIAL,
  },
  {
    applies: hasStatus(402),
    problem: () => "Salesmachine's plan does not include the API (402)",
    advice: 'have the plan or the invoice checked in Salesmachine',
  },
  {
    applies: hasStatus(404, 405, 410),
    problem: ({ status }) => `Salesmachine does not know the address (${status})`,
    advice: `${CHECK_URL}; if relay ping passes, ${ASK_FOR_BATCH}`,
    adviceIfPingPasses: `ping passes, so ${ASK_FOR_BATCH}`,
    mayBeOneEvent: true,
  },
  {
    applies: hasStatus(429),
    problem: () => 'the quota of Salesmachine is used up (429)',
    advice:
      'see what else sends to this app; RATE_LIMIT_SHARE leaves it a share, RATE_LIMIT_REQUESTS is the whole quota',
  },
  {
    applies: hasStatus(400, 413, 422),
    problem: ({ status }) => `Salesmachine rejects every request (${status})`,
    advice: 'its API or a required attribute has changed: see relay dlq list for samples',
    mayBeOneEvent: true,
  },
  {
    applies: hasStatusFrom(300),
    problem: ({ status }) => `Salesmachine redirects to another address (${status})`,
    advice: CHECK_URL,
  },
  {
    applies: hasStatusFrom(500),
    problem: ({ status }) => `Salesmachine answers ${status}`,
    advice: WAIT,
  },
];

const UNKNOWN: Omit<Rule, 'applies'> = {
  problem: ({ status }) =>
    status === null ? 'Salesmachine accepts nothing' : `Salesmachine answers ${status}`,
  advice: 'see relay logs',
};

/** What an answer that is no success says about the cause. */
export function diagnose(answer: Answer): Diagnosis {
  const rule: Omit<Rule, 'applies'> = rules.find(({ applies }) => applies(answer)) ?? UNKNOWN;
  const { advice, adviceIfPingPasses, mayBeOneEvent } = rule;
  // Without "Salesmachine answered 401", which the problem says.
  const words = answer.text?.replace(/^Salesmachine answered \d+/, '').replace(`: ${HTML_PAGE}`, '') ?? '';
  return { problem: `${rule.problem(answer)}${words}`, advice, adviceIfPingPasses, mayBeOneEvent };
}
