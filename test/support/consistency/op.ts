/** How a request stands in the object that it wrote, as JSON and as protobuf have it. */
const OP = /op:([\w-]+):/;

export function opData(id: string, padding = ''): { readonly op: string } {
  return { op: `op:${id}:${padding}` };
}

export function opIn(text: string): string | undefined {
  return OP.exec(text)?.[1];
}
