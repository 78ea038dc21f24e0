/* Counts the elements of XML documents: files, or text that begins with '<'. */
#include <stdio.h>
#include <string.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

static long count(xmlNodePtr node)
{
	long elements = 0;

	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE)
			elements += 1 + count(node->children);
	return elements;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("xmlcount " VERSION " (libxml2 " LIBXML_DOTTED_VERSION ")\n");
		return 0;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: xmlcount FILE|TEXT...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		xmlDocPtr document = argv[i][0] == '<' ?
			xmlReadMemory(argv[i], (int)strlen(argv[i]), "argument", NULL, XML_PARSE_NONET) :
			xmlReadFile(argv[i], NULL, XML_PARSE_NONET);

		if (!document) {
			failed = 1;
			continue;
		}
		printf("%ld\n", count(xmlDocGetRootElement(document)));
		xmlFreeDoc(document);
	}
	xmlCleanupParser();
	return failed;
}
