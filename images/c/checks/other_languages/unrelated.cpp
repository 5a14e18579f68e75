#include <nothing>
