import type { ComponentChildren } from 'preact';

type Field = { name: string; value: string; note: ComponentChildren };

/** Names, values, and what there is to say of each. */
export const FieldTable = ({ caption, fields }: { caption?: string; fields: readonly Field[] }) => (
  <table class="operation">
    {caption !== undefined && <caption>{caption}</caption>}
    <tbody>
      {fields.map(({ name, value, note }) => (
        <tr key={name}>
          <th scope="row">
            <bdi>{name}</bdi>
          </th>
          <td>
            <bdi>{value}</bdi>
          </td>
          <td class="soft">{note}</td>
        </tr>
      ))}
    </tbody>
  </table>
);
