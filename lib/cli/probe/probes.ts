import type { ProbeAnswer, ProbeClient } from './probe-client.ts';

/** What was found out about something that Salesmachine does not document. */
export type Finding = {
  question: string;
  answer: string;
  /** What to set because of it, as a setting of the relay. */
  setting?: string;
};

/** `uid(name)` is the id of a contact that this probe makes: marked, so that it can be found and deleted. */
export type ProbeInput = { client: ProbeClient; uid(name: string): string };

export type Probe = (input: ProbeInput) => Promise<Finding[]>;

const isAccepted = ({ status }: ProbeAnswer) => status >= 200 && status < 300;

const statusText = ({ status }: ProbeAnswer) => (status === 0 ? 'no answer' : `${status}`);

const MARK = { name: 'Relay probe, may be deleted', relay_probe: true };

const contact = (contactUid: string, params: object = {}) => ({
  method: 'contact',
  contact_uid: contactUid,
  params: { ...MARK, ...params },
});

const RATE_HEADERS = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];

const probeRateHeaders: Probe = async ({ client, uid }) => {
  const answer = await client.post('/v1/batch', [contact(uid('a'))]);
  const present = RATE_HEADERS.filter((name) => answer.headers.has(name));
  return [
    { question: 'a batch of one contact', answer: statusText(answer) },
    {
      question: 'rate headers on a success',
      answer: isAccepted(answer) ? present.join(', ') || 'none' : 'unknown: it was not accepted',
    },
  ];
};

const probeUnknownMethod: Probe = async ({ client, uid }) => {
  const answer = await client.post('/v1/batch', [{ method: 'relay_probe', contact_uid: uid('a') }]);
  return [
    {
      question: 'an item of an unknown method',
      answer: isAccepted(answer)
        ? `accepted, so ignored (${statusText(answer)})`
        : `refused (${statusText(answer)})`,
    },
  ];
};

type AliasCall = { name: string; path: string; toBody(survivor: string, previous: string): unknown };

const shape = (survivor: string, previous: string) => ({
  contact_uid: survivor,
  previous_contact_uid: previous,
});

/** The relay can make the first two; the others only answer the question. */
const aliasCalls: readonly [AliasCall, AliasCall, ...AliasCall[]] = [
  { name: 'POST /v1/alias', path: '/v1/alias', toBody: shape },
  {
    name: 'method alias in a batch',
    path: '/v1/batch',
    toBody: (survivor, previous) => [{ method: 'alias', ...shape(survivor, previous) }],
  },
  { name: 'POST /v1/contact/alias', path: '/v1/contact/alias', toBody: shape },
  { name: 'POST /v1/contact/merge', path: '/v1/contact/merge', toBody: shape },
  {
    name: 'method merge in a batch',
    path: '/v1/batch',
    toBody: (survivor, previous) => [{ method: 'merge', ...shape(survivor, previous) }],
  },
];

/** In a batch, being accepted only means something if an unknown method is not. */
const probeAlias: Probe = async ({ client, uid }) => {
  await client.post('/v1/batch', [contact(uid('survivor')), contact(uid('previous'))]);
  const control = await client.post('/v1/batch', [{ method: 'relay_probe_control', contact_uid: uid('a') }]);
  const accepted: AliasCall[] = [];
  const findings: Finding[] = [];
  for (const call of aliasCalls) {
    const answer = await client.post(call.path, call.toBody(uid('survivor'), uid('previous')));
    const proves = isAccepted(answer) && (call.path !== '/v1/batch' || !isAccepted(control));
    if (proves) accepted.push(call);
    const doubt = isAccepted(answer) && !proves ? ', but so is any unknown method' : '';
    findings.push({ question: `alias as ${call.name}`, answer: `${statusText(answer)}${doubt}` });
  }
  return [...findings, { question: 'the alias call to use', ...chooseAlias(accepted) }];
};

function chooseAlias(accepted: readonly AliasCall[]): Pick<Finding, 'answer' | 'setting'> {
  const [single, batch] = aliasCalls;
  if (accepted.includes(single)) return { answer: single.name, setting: 'ALIAS=single' };
  if (accepted.includes(batch)) return { answer: batch.name, setting: 'ALIAS=batch' };
  const [other] = accepted;
  if (other) return { answer: `${other.name}, which the relay cannot make yet`, setting: 'ALIAS=off' };
  return { answer: 'none of these', setting: 'ALIAS=off' };
}

const probeItemCount: Probe = async ({ client, uid }) => {
  const items = Array.from({ length: 101 }, (_, index) => contact(uid('a'), { relay_probe_number: index }));
  const answer = await client.post('/v1/batch', items);
  return [{ question: 'a batch of 101 items', answer: statusText(answer) }];
};

const SIZES_KB = [100, 250, 500, 750, 1_000];

/** Up to the first that is refused. */
const probeSizes: Probe = async ({ client, uid }) => {
  const findings: Finding[] = [];
  for (const kilobytes of SIZES_KB) {
    const padding = 'x'.repeat(kilobytes * 10);
    const items = Array.from({ length: 100 }, () => contact(uid('a'), { relay_probe_padding: padding }));
    const answer = await client.post('/v1/batch', items);
    findings.push({ question: `a batch of about ${kilobytes} KB`, answer: statusText(answer) });
    if (!isAccepted(answer)) break;
  }
  return findings;
};

const probeBadItem: Probe = async ({ client, uid }) => {
  const bad = { method: 'contact', params: MARK };
  const answer = await client.post('/v1/batch', [contact(uid('before-bad')), bad, contact(uid('after-bad'))]);
  return [
    {
      question: 'a batch with one item that lacks its contact_uid',
      answer: `${statusText(answer)}; look in Salesmachine whether ${uid('before-bad')} and ${uid('after-bad')} are there`,
    },
  ];
};

/** In this order; at most 17 requests. */
export const probes: readonly Probe[] = [
  probeRateHeaders,
  probeUnknownMethod,
  probeAlias,
  probeItemCount,
  probeSizes,
  probeBadItem,
];
