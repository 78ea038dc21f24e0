/* Says whether XML documents are well-formed: files, or text that begins with '<'. */
#include <stdio.h>
#include <string.h>
#include <libxml/parser.h>

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("xmlcheck " VERSION " (libxml2 " LIBXML_DOTTED_VERSION ")\n");
		return 0;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: xmlcheck FILE|TEXT...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
		xmlDocPtr document = argv[i][0] == '<' ?
			xmlReadMemory(argv[i], (int)strlen(argv[i]), "argument", NULL, options) :
			xmlReadFile(argv[i], NULL, options);

		printf("%s\n", document ? "well-formed" : "not well-formed");
		failed |= !document;
		xmlFreeDoc(document);
	}
	xmlCleanupParser();
	return failed;
}
