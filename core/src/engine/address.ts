const address = /@\S*[:\uff1a\ufe55\ua789\u2236]\S/u;

/** Whether a name has an address in it: whose it is would be read from that. */
export const holdsAddress = (name: string): boolean => address.test(name);
