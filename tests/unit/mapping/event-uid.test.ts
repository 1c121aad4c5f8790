import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { eventUid } from '../../../lib/mapping/event-uid.ts';

describe('an event uid', () => {
  test.each([
    // words
    ['Order Completed', 'order_completed'],
    ['order_completed', 'order_completed'],
    ['order-completed.v2', 'order_completed_v2'],
    ['  Order -- Completed!  ', 'order_completed'],
    ['__order__completed__', 'order_completed'],
    ['100% Done', '100_done'],
    // camelCase
    ['orderCompleted', 'order_completed'],
    ['OrderCompleted', 'order_completed'],
    ['HTTPRequest', 'http_request'],
    ['getHTTPResponse', 'get_http_response'],
    ['OrderID2', 'order_id2'],
    ['order2Completed', 'order2_completed'],
    ['ORDER COMPLETED', 'order_completed'],
    ['iOS App', 'i_os_app'],
    // any script
    ['Commande Terminée', 'commande_terminée'],
    ['ЗаказОформлен', 'заказ_оформлен'],
    ['注文完了・東京', '注文完了_東京'],
    ['नमस्ते दुनिया', 'नमस्ते_दुनिया'],
    ['تم الطلب ٣', 'تم_الطلب_٣'],
    ['Đã Đặt Hàng', 'đã_đặt_hàng'],
    ['ﬁnal Straße', 'ﬁnal_straße'],
    ['Ḍ𝐀', 'ḍ𝐀'],
    // symbols
    ['Fried Chicken 🍗', 'fried_chicken'],
    ['I ❤️ It', 'i_it'],
    ['1️⃣ Step', '1_step'],
    // nothing but symbols
    ['🎉🎉', 'u1f389_u1f389'],
    ['❤️', 'u2764'],
    ['❤', 'u2764'],
    ['\ufe0f', 'ufe0f'],
    ['++', 'u2b_u2b'],
    ['\ud800', 'ufffd'],
    // reserved
    ['pageview', 'pageview_event'],
    ['Pageview', 'pageview_event'],
    ['__PAGEVIEW!', 'pageview_event'],
    ['Page View', 'page_view'],
    ['Pageview Ended', 'pageview_ended'],
  ])('of %j is %j', (name, uid) => {
    expect(eventUid(name)).toBe(uid);
  });

  test('is the same for both Unicode spellings of an accented letter', () => {
    expect(eventUid('Payé')).toBe(eventUid('Paye\u0301'));
    expect(eventUid('ÉtéÎle')).toBe('été_île');
    expect(eventUid('ÉtéÎle'.normalize('NFD'))).toBe('été_île');
  });

  test('of a name over 1,000 characters is made of its beginning and a hash of all of it', () => {
    const long = 'Order Completed '.repeat(100);
    const uids = [eventUid(long), eventUid(`${long}!`), eventUid('\u0301\u0316'.repeat(80_000))];
    expect(uids[0]).toMatch(/^order_completed_order_.*_[0-9a-f]{16}$/);
    expect(new Set(uids).size).toBe(3);
    for (const uid of uids) expect(uid.length).toBeLessThan(6_000);
    expect(eventUid('x'.repeat(1_000))).toBe('x'.repeat(1_000));
  });

  const name = fc
    .oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'grapheme', minLength: 1 }))
    .filter((text) => text.trim() !== '');

  test('is words of letters, digits and marks, joined by single underscores, for any name', () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(eventUid(text)).toMatch(/^[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(_[\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*$/u);
        expect(eventUid(text)).not.toBe('pageview');
      }),
    );
  });

  test('stays the same however many names come in between', () => {
    for (const round of [1, 2])
      for (let number = 0; number < 2_500; number += 1)
        expect([round, eventUid(`Step ${number}Done`)]).toEqual([round, `step_${number}_done`]);
  });

  test('of an event uid is that event uid', () => {
    fc.assert(fc.property(name, (text) => expect(eventUid(eventUid(text))).toBe(eventUid(text))));
  });

  test('loses no letter or digit of a name in lower case', () => {
    const plain = fc.stringMatching(/^[a-zа-яα-ω0-9 .-]*[a-z0-9][a-zа-я0-9 .-]*$/);
    const bare = (text: string) => text.replace(/[ ._-]/g, '');
    fc.assert(
      fc.property(
        plain.filter((text) => bare(text) !== 'pageview'),
        (text) => expect(bare(eventUid(text))).toBe(bare(text)),
      ),
    );
  });
});
