/** The library of the Model Context Protocol, read with the first request of an agent: it would be a part of each start. */
export const protocol = () => import('@modelcontextprotocol/server');
