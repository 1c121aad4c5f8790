import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeResult, toErrorDetail } from '../../../lib/salesmachine/error-detail.ts';
import type { Operation } from '../../../lib/salesmachine/operation.ts';

const contact: Operation = {
  method: 'contact',
  contact_uid: 'user-4711',
  params: {
    email: 'anna@example.com',
    address_2: 'Elm Street',
    name: 'Anna Smith',
    nickname: 'Ann',
    motto: '(a+)\\',
    boss: 'Conan O’Brien',
    blank: '    ',
    plan: 'email',
  },
};
const ofError = (error: unknown) => toErrorDetail(422, JSON.stringify({ error }), [contact]);

describe('the detail of a refusal tells', () => {
  test.each([
    ['{"error":"contact_uid is missing"}', 'Salesmachine answered 422: contact_uid is missing'],
    [
      '{"code":"invalid","message":"params must be an object"}',
      'Salesmachine answered 422: params must be an object',
    ],
    ['{"error":"contact_uid can\'t be blank"}', "Salesmachine answered 422: contact_uid can't be blank"],
  ])("Salesmachine's own words: %s", (body, detail) => {
    expect(toErrorDetail(422, body)).toBe(detail);
  });

  test('that a page came, without its words', () => {
    expect(toErrorDetail(403, ' <h1>No, ann@example.com</h1>')).toBe(
      'Salesmachine answered 403: an HTML page',
    );
  });

  test.each(['', 'oops', 'null', '[]', '"text"', '{}', '{"error":{"of":1}}', '{"error":"'])(
    'the status alone, if the body is %p',
    (body) => {
      expect(toErrorDetail(500, body)).toBe('Salesmachine answered 500');
    },
  );
});

describe('the detail of a refusal names', () => {
  test.each([
    ['the attribute of 3 letters "email" is bad', 'the attribute of # letters "email" is bad'],
    ["'address_2' can't be blank", '"address_2" can\'t be blank'],
    ['address_2 is too long by 3', 'address_2 is too long by #'],
    ['‘email’ isn’t an address: “anna”', '"email" isn\'t an address: "…"'],
    ["the value 'Smith' of 'name' is bad", 'the value "…" of "name" is bad'],
    ['the value " Smith " of "name" is bad', 'the value "…" of "name" is bad'],
  ])('an attribute that the operation has: %s', (error, message) => {
    expect(ofError(error)).toBe(`Salesmachine answered 422: ${message}`);
  });

  test('no attribute that the operation does not have', () => {
    expect(ofError('unknown attribute "secret_2"')).toBe('Salesmachine answered 422: unknown attribute "…"');
  });
});

describe('of what the detail of a refusal leaves out, it tells the place', () => {
  test.each([
    ['no account for anna.smith@example.com, sorry', 'no account for … sorry'],
    ['unknown: <anna@example.com>', 'unknown: <…>'],
    ['no contact is called Anna Smith', 'no contact is called …'],
    ['contact 4711 has mrr 12000.50', 'contact # has mrr #.#'],
    ['the motto (a+)\\ is bad', 'the motto … is bad'],
    ['Ann is no nickname, Ann', '… is no nickname, …'],
    ['it    is blank', 'it    is blank'],
    ['email is no plan', 'email is no plan'],
    ['the value "Bob" or "Jones is bad', 'the value "…" or "…"'],
    ['the screen is 5" wide', 'the screen is #"…" wide'],
    [`it can't be "Anna or 'Bob' either`, 'it can"…" either'],
    ['the screen is 5" Anna " or " name " wide', 'the screen is #"…" wide'],
  ])('%s', (error, message) => {
    expect(ofError(error)).toBe(`Salesmachine answered 422: ${message}`);
  });
});

test('the detail of a refusal keeps words that happen to be a short value, or the kind of the operation', () => {
  const operation: Operation = { method: 'event', contact_uid: '7', event_uid: 'bad', params: { of: 'the' } };
  const body = JSON.stringify({ error: 'the event is bad' });
  expect(toErrorDetail(422, body, [operation])).toBe('Salesmachine answered 422: the event is bad');
});

test('the detail of a refusal never quotes what stands where names do, but is none', () => {
  const names = ['Anna Smith', 'anna@example.com', '1 Elm Street', 'x'.repeat(65)];
  for (const name of names) {
    const operation: Operation = { method: 'account', account_uid: '7', params: { [name]: 1 } };
    const body = JSON.stringify({ error: `unknown attribute "${name}"` });
    expect(toErrorDetail(422, body, [operation])).toBe('Salesmachine answered 422: unknown attribute "…"');
  }
});

test('of a request without an answer, its detail tells why, in words where there are any', () => {
  const failure = { kind: 'failure', mayHaveBeenSent: false, code: 'ECONNREFUSED' } as const;
  expect(describeResult({ ...failure, text: 'the connection was refused' })).toBe(
    'the connection was refused',
  );
  expect(describeResult(failure)).toBe('ECONNREFUSED');
  const response = { kind: 'response', status: 422, headers: {}, body: '{"error":"no Anna Smith"}' } as const;
  expect(describeResult(response, [contact])).toBe('Salesmachine answered 422: no …');
});

describe('the detail of a refusal never quotes', () => {
  test.each([
    ['an e-mail address', 'no account for anna.smith+crm@example.co.uk, sorry', ['anna', 'smith', 'example']],
    ['an e-mail address in brackets', 'unknown: <anna@example.com>', ['anna', 'example']],
    ['what stands in double quotes', 'the value "Anna Smith" of name is bad', ['Anna', 'Smith']],
    ['what stands in single quotes', "the value 'Anna Smith' of name is bad", ['Anna', 'Smith']],
    ['what stands in backticks', 'the value `Anna Smith` of name is bad', ['Anna', 'Smith']],
    ['a name with an apostrophe', "the value 'Conan O'Brien' of name is bad", ['Conan', 'Brien']],
    ['what follows an apostrophe', "it can't be 'Bob Jones'", ['Bob', 'Jones']],
    ['a plural with an apostrophe', "unknown: 'Dogs' home in Rome'", ['Dogs', 'home', 'Rome']],
    ['what stands in typographic quotes', 'the value “Bob Jones” is bad', ['Bob', 'Jones']],
    ['what stands in single typographic quotes', 'the value ‘Bob O’Neil’ is bad', ['Bob', 'Neil']],
    ['what stands in guillemets', 'the value «Bob Jones» is bad', ['Bob', 'Jones']],
    ['quotes in quotes', `the value "Bob's 'home'" is bad`, ['Bob', 'home']],
    ['a quote that does not end', 'the value "Bob" or "Jones is bad', ['Bob', 'Jones']],
    ['a value without quotes', 'no contact is called Anna Smith in Elm Street', ['Anna', 'Smith', 'Elm']],
    ['a value with an apostrophe of any kind', "Conan O'Brien or Conan O’Brien", ['Conan', 'Brien']],
    ['a value in another case', 'no contact is called ANNA SMITH in elm street', ['ANNA', 'SMITH', 'elm']],
    ['a short value that is no word', 'Ann is no nickname', ['Ann']],
    ['a value of signs', 'the motto (a+)\\ is bad', ['(a+)']],
    ['an id without quotes', 'user-4711 is unknown', ['4711', 'user-']],
    ['a number', 'contact 4711 has mrr 12000.50', ['4711', '12000', '50']],
  ])('%s', (_, error, secrets) => {
    for (const secret of secrets) expect(ofError(error)).not.toContain(secret);
  });

  test('an e-mail address, whatever stands around it', () => {
    const around = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(ofError(`${before} canary@example.com ${after}`)).not.toMatch(/canary@/);
      }),
    );
  });
});

test('two refusals of one cause have one detail, whichever contact it was about', () => {
  expect(ofError('contact "u1" (anna@example.com, 17) has no domain')).toBe(
    ofError('contact "u2" (bob@example.org, 4) has no domain'),
  );
});

test('a detail fits into an attribute of a dead letter', () => {
  expect(ofError('too long '.repeat(10_000)).length).toBeLessThanOrEqual(256);
});

test('an endless word costs no more to read than any other text', () => {
  // Quadratic, as it once was, this takes hours.
  expect(ofError('x'.repeat(5_000_000))).toMatch(/^Salesmachine answered 422: x+$/);
});
