type Props = { label: string; text: string; isCut?: boolean };

/** Text from outside, as text: what it holds is neither markup nor able to turn the page's direction. */
export const RawText = ({ label, text, isCut = false }: Props) => (
  <>
    <textarea class="raw" aria-label={label} dir="auto" rows={12} readOnly value={prettyPrint(text)} />
    {isCut && <p class="sub">Only its beginning is kept here.</p>}
  </>
);

/** JSON in lines; what is no JSON stays as it is. */
function prettyPrint(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
