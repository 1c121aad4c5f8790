/** The n-th of the events that the recorded requests of Segment's destinations carry, in Segment's own shape. */
function senderEvent(index: number) {
  const common = {
    messageId: `ajs-next-1772600767891-00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    userId: `user-${index}`,
    anonymousId: null,
    timestamp: '2026-03-04T05:06:07.891Z',
    receivedAt: '2026-03-04T05:06:08.000Z',
    context: { ip: '192.0.2.7', library: { name: 'analytics.js', version: 'next-1.70.0' } },
    integrations: {},
  };
  const kinds = [
    {
      ...common,
      type: 'track',
      event: 'Order Completed',
      properties: { revenue: index + 0.5, note: 'é✓ 🎉 "]},' },
    },
    {
      ...common,
      type: 'identify',
      traits: { name: `Zoë ${index}`, tags: ['a', 'b'], address: { city: 'Köln' } },
    },
    { ...common, type: 'page', name: 'Pricing', properties: { url: `https://shop.example.com/?p=${index}` } },
    { ...common, type: 'group', groupId: `account-${index}`, traits: { plan: 'pro', seats: index } },
  ];
  return kinds[index % kinds.length];
}

export const senderEvents = (count: number) =>
  Array.from({ length: count }, (_, index) => senderEvent(index));
