/** `-2025-08-07`, `-20250514`, `@20250514`, Bedrock's `-v1:0`, `-latest`: which version of a model, not which model. */
const version = /(?:[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|latest)|-v\d+:\d+)$/
/** Bedrock writes the region and the maker before the name: `us.anthropic.claude-…`. */
const maker = /^(?:[a-z][a-z-]*\.)+(?=[a-z])/

/** The name that instrumentations of different height have in common: without the path, maker and version that some of them add. */
export function toModelName(model: string): string {
  let name = model
    .toLowerCase()
    .slice(model.lastIndexOf('/') + 1)
    .replace(maker, '')
  for (let before = ''; before !== name; ) {
    before = name
    name = name.replace(version, '')
  }
  return name
}
