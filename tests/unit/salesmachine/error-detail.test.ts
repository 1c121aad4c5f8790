import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toErrorDetail } from '../../../lib/salesmachine/error-detail.ts';

const ofError = (error: unknown) => toErrorDetail(422, JSON.stringify({ error }));

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

  test.each(['', 'oops', '<h1>No</h1>', 'null', '[]', '"text"', '{}', '{"error":{"of":1}}', '{"error":"'])(
    'the status alone, if the body is %p',
    (body) => {
      expect(toErrorDetail(500, body)).toBe('Salesmachine answered 500');
    },
  );
});

describe('the detail of a refusal never quotes', () => {
  test.each([
    ['an e-mail address', 'no account for anna.smith+crm@example.co.uk, sorry', ['anna', 'smith', 'example']],
    ['an e-mail address in brackets', 'unknown: <anna@example.com>', ['anna', 'example']],
    ['what stands in double quotes', 'the value "Anna Smith" of name is bad', ['Anna', 'Smith']],
    ['what stands in single quotes', "the value 'Anna Smith' of name is bad", ['Anna', 'Smith']],
    ['what stands in backticks', 'the value `Anna Smith` of name is bad', ['Anna', 'Smith']],
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
