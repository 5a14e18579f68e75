int list_size(void);
void draw_list(void);
